# What `import history` says.
history-summary = { $read } rows read: { $created } created, { $updated } updated, { $unchanged } unchanged, { $skipped } skipped, { $rejected } rejected { $rejects_file }
history-cannot-read = Cannot import: { $detail }. Batches that were finished before stay; run it again to go on.
history-interrupted = Interrupted. What was finished stays; run it again to go on.
