# Lời của lệnh `import history`.
history-summary = Đã đọc { $read } dòng: tạo { $created }, cập nhật { $updated }, giữ nguyên { $unchanged }, bỏ qua { $skipped }, loại { $rejected } { $rejects_file }
history-cannot-read = Không nhập được: { $detail }. Các lô đã xong vẫn giữ; chạy lại để tiếp tục.
history-interrupted = Đã ngắt. Phần đã xong vẫn giữ; chạy lại để tiếp tục.
