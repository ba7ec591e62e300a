# Lời của các lệnh nhập dữ liệu.
areas-summary = { $layer }: thêm { $added }, đổi { $changed }, giữ nguyên { $unchanged }, kết thúc { $closed }
areas-ours = { $n } đối tượng là xã, phường của tỉnh mình nên không nhận làm địa bàn giáp ranh
areas-refused = từ chối { $code }: { $problem }
areas-overlap = { $a } và { $b } chồng nhau { $m2 } m²
areas-gap = không đơn vị nào nhận { $m2 } m² tại { $lat }, { $lon }
areas-more = … và { $n } mục nữa
dry-run = Chạy thử: chưa ghi gì.
nothing-changed = Không có gì thay đổi.
cannot-read = Không đọc được { $detail }

problem-no-code = không có mã trong thuộc tính { $detail }
problem-no-name = không có tên trong thuộc tính { $detail }
problem-not-a-polygon = không phải đa giác mà là { $detail }
problem-empty = không có toạ độ
problem-invalid-ring = { $detail }
problem-not-a-position = không đọc được một toạ độ: { $detail }
problem-short-ring = vòng chỉ có { $detail } điểm
problem-open-ring = vòng không khép kín: { $detail }
problem-out-of-range = không phải kinh độ, vĩ độ: { $detail }
problem-code-twice = mã này đã gặp ở trên

progress-reading = đang đọc
progress-measuring = đang đo
progress-linting = đang kiểm tra
progress-writing = đang ghi
progress-recalculating = đang tính lại hạn:

directory-summary = thêm { $added }, đổi { $changed }, kết thúc { $ended }, giữ nguyên { $unchanged }
directory-applied = Đã áp dụng; danh mục nay là phiên bản { $version }.
directory-recalculated = { $n } phản ánh đang mở có hạn mới
directory-refused = Từ chối, không có gì thay đổi:
directory-ignored = Không phải tệp danh mục, để nguyên: { $names }
directory-empty = { $dir } không có tệp danh mục nào ({ $names })

finding-unknown-agency = không có đơn vị { $ref }
finding-unknown-function = không có chức năng { $ref }
finding-unknown-category = không có lĩnh vực { $ref }
finding-unknown-calendar = không có lịch làm việc { $ref }
finding-unknown-area = không có địa bàn { $ref }
finding-unknown-country = thư viện ngày lễ không biết quốc gia { $ref }
finding-no-holder = không đơn vị nào giữ chức năng { $ref }, quy tắc không thể chạy
finding-no-areas = chưa có địa bàn nào ở lớp { $ref } để lập đơn vị; hãy nhập địa bàn trước
finding-two-holders = { $ref } cùng giữ chức năng này trên một địa bàn, cùng thời gian
finding-desk-count = phải có đúng một đầu mối điều hành, ở đây có { $ref }
finding-default-calendar-count = phải có đúng một lịch mặc định, ở đây có { $ref }
finding-code-twice = mã bị lặp
finding-circle = nằm trong vòng lặp: { $ref }
finding-holder-outside-life = đơn vị { $ref } không tồn tại trong suốt thời gian đó
finding-not-a-leaf = lĩnh vực { $ref } là nhóm trong nhóm; chỉ có hai cấp
finding-no-general-policy = không có chính sách nào cam kết cho mọi lĩnh vực
finding-older-version = valid_from nằm trước phiên bản đang hiệu lực ({ $ref })
finding-shape = { $ref }
