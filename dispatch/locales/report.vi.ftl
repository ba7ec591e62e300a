# Vai trò trong nhật ký
role-resident = Người gửi
role-operator = Trung tâm điều hành
role-officer = Đầu mối đơn vị
role-field-worker = Cán bộ hiện trường
role-supervisor = Lãnh đạo giám sát
role-administrator = Quản trị
role-auditor = Kiểm tra
role-api-client = Hệ thống kết nối
role-system = Hệ thống

# Lời nhắc gửi ngay cho người phản ánh
notice-emergency = Nếu có nguy hiểm ngay lúc này, hãy gọi 113 (công an), 114 (cứu hoả, cứu nạn) hoặc 115 (cấp cứu). Phản ánh của bạn vẫn được ghi nhận.
notice-complaint = Nội dung có vẻ là khiếu nại. Nơi giải quyết là Ban Tiếp công dân; Trung tâm điều hành sẽ xem và hướng dẫn bạn.
notice-denunciation = Nội dung có vẻ là tố cáo. Phản ánh này không công khai; người tố cáo được pháp luật bảo vệ và đơn gửi tới Ban Tiếp công dân.
notice-approximate = Ranh giới phường, xã ở đây là ranh giới gần đúng.

route-imported = Chuyển từ hệ thống trước, giữ nguyên đơn vị đã xử lý.

# Mã lý do
reason-not_our_function = Không thuộc chức năng của đơn vị
reason-not_our_area = Không thuộc địa bàn của đơn vị
reason-needs_other_agency = Cần đơn vị khác chủ trì
reason-unclear = Thông tin chưa rõ
reason-outside_province = Ngoài địa bàn tỉnh
reason-no_location = Không xác định được vị trí
reason-already_handled = Đã hoặc đang được giải quyết
reason-false_information = Thông tin sai
reason-insult = Có lời lẽ xúc phạm
reason-advertisement = Quảng cáo
reason-state_secret = Thuộc bí mật nhà nước
reason-not_a_report = Không phải phản ánh hiện trường
reason-police_113 = Công an, số 113
reason-fire_114 = Cứu hoả, cứu nạn, số 114
reason-ambulance_115 = Cấp cứu, số 115
reason-citizen_reception = Ban Tiếp công dân
reason-one_stop = Bộ phận một cửa
reason-other_agency = Cơ quan khác
