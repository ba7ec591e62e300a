photo-unreadable-title = Không đọc được ảnh
photo-unreadable-detail = Tệp bị cắt ngang hoặc bị hỏng. Vui lòng chụp lại hoặc chọn ảnh khác.
image-too-large-title = Ảnh có quá nhiều điểm ảnh
image-too-large-detail = Tối đa 50 triệu điểm ảnh và mỗi cạnh tối đa 16384 điểm.
quota-title = Đã đạt giới hạn số ảnh
quota-detail = Mỗi người gửi tối đa 50 ảnh một ngày, mỗi phản ánh tối đa 10 ảnh.
