# Tin nhắn cho người dân và cán bộ. Mỗi mẫu có -title và -body; mẫu nào gửi SMS thì có thêm -sms.
# SMS viết không dấu: một tin 160 ký tự thay vì 70; chỉ có mã, trạng thái và đường dẫn, không bao giờ có lời văn tự do.

received-title = Đã nhận phản ánh { $code }
received-body = Trung tâm điều hành đã nhận phản ánh của bạn và đang chọn cơ quan xử lý.
routed-title = Phản ánh { $code } đã chuyển đến cơ quan xử lý
routed-body = { $agency } đã nhận phản ánh của bạn.
routed-sms = Phan anh { $code }: da chuyen den co quan xu ly. Xem: { $link }
accepted-title = Phản ánh { $code } đã được tiếp nhận
accepted-body = { $agency } đã tiếp nhận phản ánh của bạn.
started-title = Đang xử lý phản ánh { $code }
started-body = { $agency } đã bắt đầu xử lý tại hiện trường.
asked-title = Cần bạn trả lời về phản ánh { $code }
asked-body = { $agency } hỏi thêm thông tin. Thời hạn xử lý tạm dừng cho đến khi bạn trả lời.
asked-sms = Phan anh { $code }: co quan xu ly can ban tra loi. Xem: { $link }
resumed-title = Phản ánh { $code }: thời hạn chạy tiếp
resumed-body = { $agency } tiếp tục xử lý với thông tin đã có.
resolved-title = Phản ánh { $code } đã có kết quả
resolved-body = { $agency } đã trả lời. Mời bạn xem kết quả và đánh giá.
resolved-sms = Phan anh { $code }: da co ket qua. Xem va danh gia: { $link }
reopened-title = Phản ánh { $code } được mở lại
reopened-body = { $agency } sẽ xử lý lại với thời hạn mới.
closed-title = Phản ánh { $code } đã kết thúc
closed-body = Cảm ơn bạn đã góp phần giữ gìn nơi mình sống.
transferred-title = Phản ánh { $code } chuyển sang cơ quan khác
transferred-body = { $agency } xử lý tiếp. Lời hứa về thời hạn với bạn không thay đổi.
rejected-title = Phản ánh { $code } không được tiếp nhận
rejected-body = Mời bạn xem lý do trong phản ánh.
rejected-sms = Phan anh { $code }: khong duoc tiep nhan. Xem ly do: { $link }
referred-title = Phản ánh { $code }: mời bạn liên hệ nơi khác
referred-body = Việc này không thuộc luồng phản ánh hiện trường. Mời bạn xem địa chỉ đúng trong phản ánh.
referred-sms = Phan anh { $code }: thuoc noi khac giai quyet. Xem dia chi: { $link }
merged-title = Phản ánh { $code } được gộp
merged-body = Cùng một sự việc đã có phản ánh trước. Bạn vẫn nhận mọi tin về kết quả.
unmerged-title = Phản ánh { $code } được xử lý riêng
unmerged-body = Phản ánh của bạn được tách ra và { $agency } xử lý.
recategorised-title = Phản ánh { $code } đổi lĩnh vực
recategorised-body = Trung tâm điều hành đã sửa lĩnh vực của phản ánh.
comment-title = Có tin mới về phản ánh { $code }
comment-body = { $agency } có lời nhắn cho bạn.
extension-title = Phản ánh { $code }: quyết định về gia hạn
extension-body = Mời bạn xem thời hạn hiện hành trong phản ánh.

follower-started-title = Đang xử lý phản ánh { $code } mà bạn theo dõi
follower-started-body = { $agency } đã bắt đầu xử lý.
follower-resolved-title = Phản ánh { $code } mà bạn theo dõi đã có kết quả
follower-resolved-body = { $agency } đã trả lời.
follower-reopened-title = Phản ánh { $code } mà bạn theo dõi được mở lại
follower-reopened-body = { $agency } sẽ xử lý lại.
follower-closed-title = Phản ánh { $code } mà bạn theo dõi đã kết thúc
follower-closed-body = Cảm ơn bạn đã quan tâm.
follower-comment-title = Có tin mới về phản ánh { $code } mà bạn theo dõi
follower-comment-body = { $agency } có lời nhắn công khai.

agency-support-title = { $code }: đề nghị phối hợp
agency-support-body = { $category }: { $agency } đề nghị cơ quan bạn phối hợp.
agency-resumed-title = { $code }: thời hạn chạy tiếp
agency-resumed-body = { $category }: hết thời gian chờ người dân trả lời.
agency-new-title = Phản ánh mới { $code }
agency-new-body = { $category }: { $agency } cần tiếp nhận.
agency-declined-title = { $code }: tổ xử lý từ chối
agency-declined-body = { $category }: cần phân công lại.
agency-approve-title = { $code }: kết quả chờ duyệt
agency-approve-body = { $category }: lãnh đạo xem và duyệt câu trả lời.
agency-resolved-title = { $code } đã có kết quả
agency-resolved-body = { $category }: câu trả lời đã gửi người dân.
agency-reopened-title = { $code } bị mở lại
agency-reopened-body = { $category }: người dân chưa đồng ý với kết quả, thời hạn mới bắt đầu.
agency-moved-away-title = { $code } đã rời khỏi cơ quan
agency-moved-away-body = { $category }: hiện do { $agency } giữ.
agency-withdrawn-title = { $code } được rút lại
agency-withdrawn-body = { $category }: người gửi đã rút phản ánh.
agency-recategorised-title = { $code } đổi lĩnh vực
agency-recategorised-body = Lĩnh vực mới: { $category }.
agency-rated-title = { $code } được đánh giá
agency-rated-body = { $category }: người dân đã đánh giá kết quả.
agency-extension-title = { $code }: đã quyết định gia hạn
agency-extension-body = { $category }: mời xem thời hạn hiện hành.
staff-answered-title = { $code }: người dân đã trả lời
staff-answered-body = { $category }: thời hạn chạy tiếp.
staff-comment-title = { $code }: có lời nhắn mới
staff-comment-body = { $category }: mời xem trong hồ sơ.
worker-assigned-title = Việc mới { $code }
worker-assigned-body = { $category }: mời nhận việc.
worker-sent-back-title = { $code }: kết quả bị trả lại
worker-sent-back-body = { $category }: cần làm tiếp.
worker-taken-away-title = { $code }: không cần làm nữa
worker-taken-away-body = { $category }: việc đã chuyển hoặc kết thúc.
desk-triage-title = { $code } chờ phân loại
desk-triage-body = { $category }: chưa có cơ quan nhận.
desk-returned-title = { $code } bị trả về
desk-returned-body = { $category }: cơ quan báo không thuộc chức năng, cần chuyển lại.
desk-extension-title = { $code }: xin gia hạn
desk-extension-body = { $agency } xin thêm thời gian.
late-title = { $code } đã quá hạn
late-body = { $category }: { $agency } chưa hoàn thành đúng hạn.
escalated-title = { $code } đã dùng { $percent } % thời hạn
escalated-body = { $category }: { $agency } đang giữ.
escalated-sms = Phan anh { $code }: da dung { $percent }% thoi han. Xem: { $link }

otp-sms = { $code } la ma dang nhap Hien Truong, co hieu luc 10 phut. Khong dua ma nay cho bat ky ai.
email-body = { $body }

    Xem phản ánh: { $link }

    { $province } – Hiện Trường. Thư tự động, xin không trả lời.
agency-unknown = Cơ quan xử lý
category-unknown = Phản ánh hiện trường
