photo-unreadable = Không đọc được ảnh
    .detail = Tệp bị cắt ngang hoặc bị hỏng. Vui lòng chụp lại hoặc chọn ảnh khác.
image-too-large = Ảnh có quá nhiều điểm ảnh
    .detail = Tối đa 50 triệu điểm ảnh và mỗi cạnh tối đa 16384 điểm.
quota = Đã đạt giới hạn số ảnh
    .detail = Mỗi người gửi tối đa 50 ảnh một ngày, mỗi phản ánh tối đa 10 ảnh.
