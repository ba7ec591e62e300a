# What the import commands say.
areas-summary = { $layer }: { $added } added, { $changed } changed, { $unchanged } unchanged, { $closed } ended
areas-ours = { $n } features are our own wards and were not taken as neighbours
areas-refused = refused { $code }: { $problem }
areas-overlap = { $a } and { $b } overlap on { $m2 } m²
areas-gap = nobody claims { $m2 } m² at { $lat }, { $lon }
areas-more = … and { $n } more
dry-run = Dry run: nothing was written.
nothing-changed = Nothing was changed.
cannot-read = Cannot read { $detail }

problem-no-code = no code in property { $detail }
problem-no-name = no name in property { $detail }
problem-not-a-polygon = not a polygon but { $detail }
problem-empty = no coordinates
problem-invalid-ring = { $detail }
problem-not-a-position = a position cannot be read: { $detail }
problem-short-ring = a ring of { $detail } positions
problem-open-ring = a ring is not closed: { $detail }
problem-out-of-range = not a longitude and latitude: { $detail }
problem-code-twice = this code came before

progress-reading = reading
progress-measuring = measuring
progress-linting = checking
progress-writing = writing
progress-recalculating = computing promises again:

directory-summary = { $added } added, { $changed } changed, { $ended } ended, { $unchanged } unchanged
directory-applied = Applied; the directory is now version { $version }.
directory-recalculated = { $n } open reports have other due times now
directory-refused = Refused, nothing was changed:
directory-ignored = Not directory files, left alone: { $names }
directory-empty = { $dir } holds none of the directory files ({ $names })

finding-unknown-agency = agency { $ref } does not exist
finding-unknown-function = function { $ref } does not exist
finding-unknown-category = category { $ref } does not exist
finding-unknown-calendar = calendar { $ref } does not exist
finding-unknown-area = area { $ref } does not exist
finding-unknown-country = the holidays library does not know country { $ref }
finding-no-holder = no agency holds function { $ref } anywhere, so the rule could not run
finding-no-areas = there is no area in layer { $ref } to make agencies for; import areas first
finding-two-holders = { $ref } both hold it for the same territory at the same time
finding-desk-count = there must be exactly one desk, here are { $ref }
finding-default-calendar-count = there must be exactly one default calendar, here are { $ref }
finding-code-twice = the code stands twice
finding-circle = lies in a circle: { $ref }
finding-holder-outside-life = agency { $ref } does not exist for that whole time
finding-not-a-leaf = category { $ref } is a group of a group; two levels are possible
finding-no-general-policy = no policy promises anything for every category
finding-older-version = valid_from lies before the version in force ({ $ref })
finding-shape = { $ref }
