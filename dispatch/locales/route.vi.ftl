# Vì sao phản ánh được chuyển đến nơi đó. Dữ kiện: area, agency, title, metres, accuracy, other_area, other_agency, neighbour.
route-rule = { $agency } xử lý tại { $area } theo quy tắc “{ $title }”.
route-nearest = Vị trí không thuộc địa bàn nào; gần nhất là { $area }, cách { $metres } m. { $agency } xử lý theo quy tắc “{ $title }”.
route-near = Vị trí không thuộc địa bàn nào. Gần nhất là { $area }, cách { $metres } m; bộ phận điều phối sẽ quyết định.
route-neighbour-border = Vị trí thuộc { $neighbour }, cách địa giới của ta { $metres } m tại { $area }; bộ phận điều phối sẽ quyết định.
route-too-uncertain = Vị trí chỉ chính xác đến { $accuracy } m; bộ phận điều phối sẽ quyết định theo các đề xuất.
route-ambiguous = Vị trí có thể thuộc nhiều địa bàn. { $agency } chủ trì theo quy tắc “{ $title }” của { $area }, các cơ quan còn lại được đề nghị phối hợp.
route-ambiguous-abroad = Vị trí thuộc { $area } nhưng cũng có thể thuộc { $neighbour } bên kia địa giới. { $agency } chủ trì theo quy tắc “{ $title }”.
route-ambiguous-undecided = Vị trí có thể thuộc nhiều địa bàn (trong đó có { $area }), không nơi nào trội hơn; bộ phận điều phối sẽ chọn trong các đề xuất.
route-no-rule = Chưa có quy tắc phân công cho nơi này ({ $area }); bộ phận điều phối sẽ quyết định.
route-outside = Vị trí nằm ngoài địa bàn phục vụ; bộ phận điều phối sẽ quyết định.
route-text-flag = { $flag ->
    [denunciation] Nội dung có dấu hiệu tố cáo; bộ phận điều phối đọc trước và phản ánh không được công khai.
    [complaint] Nội dung có dấu hiệu khiếu nại; bộ phận điều phối đọc trước và phản ánh không được công khai.
   *[other] Nội dung cần người xem xét; bộ phận điều phối đọc trước.
}
route-holder-none = Chưa có cơ quan nào đảm nhận chức năng “{ $function }” tại đây vào ngày này; bộ phận điều phối sẽ quyết định.
route-holder-several = Nhiều cơ quan cùng đảm nhận chức năng “{ $function }” tại đây; bộ phận điều phối sẽ quyết định.
route-holder-gone = { $agency } không còn hoạt động và chưa có cơ quan kế thừa; bộ phận điều phối sẽ quyết định.

# Vì sao quy tắc khác không được chọn.
route-unmet-validity = Không có hiệu lực vào ngày { $date }.
route-unmet-superseded = Đã có phiên bản mới hơn ({ $version }).
route-unmet-category = Dành cho lĩnh vực khác.
route-unmet-area = Dành cho địa bàn khác.
route-unmet-asset = Không có hạng mục loại { $asset } trong vòng { $metres } m.
route-unmet-hours = Không áp dụng vào lúc { $time }.
route-unmet-weekday = Không áp dụng vào thứ này trong tuần.
route-unmet-date = Không áp dụng vào ngày { $date }.
route-unmet-source = Không dành cho phản ánh gửi qua kênh { $source }.
route-unmet-severity = Cần mức độ từ { $least } trở lên; phản ánh này ở mức { $severity }.
route-unmet-flag = Cần có từ ngữ thuộc loại “{ $flag }”.
route-later = { $by ->
    [category] Xếp sau vì quy tắc được chọn nêu lĩnh vực hẹp hơn.
    [asset] Xếp sau vì quy tắc được chọn gắn với hạng mục ở gần.
    [area] Xếp sau vì quy tắc được chọn nêu địa bàn nhỏ hơn.
    [conditions] Xếp sau vì quy tắc được chọn có nhiều điều kiện hơn.
    [rank] Xếp sau theo thứ hạng.
   *[code] Ngang nhau; thứ tự mã quyết định.
}
route-fits = Phù hợp.
