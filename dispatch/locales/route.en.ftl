# Why a report went where it went. Facts: area, agency, title, metres, accuracy, other_area, other_agency, neighbour.
route-rule = { $agency } acts in { $area } by the rule “{ $title }”.
route-nearest = The place lies in none of our areas; the nearest, { $area }, is { $metres } m away. { $agency } acts by the rule “{ $title }”.
route-near = The place lies in none of our areas. The nearest, { $area }, is { $metres } m away; the desk decides.
route-neighbour-border = The place lies in { $neighbour }, { $metres } m from our border at { $area }; the desk decides.
route-too-uncertain = The position is only known to { $accuracy } m; the desk decides with proposals.
route-ambiguous = More than one area may be meant. { $agency } leads, by the rule “{ $title }” for { $area }, and the others are asked to help.
route-ambiguous-abroad = The place lies in { $area } but may be in { $neighbour }, across our border. { $agency } leads by the rule “{ $title }”.
route-ambiguous-undecided = More than one area may be meant and none stands out ({ $area } is one); the desk decides between the proposals.
route-no-rule = No rule says who acts here ({ $area }); the desk decides.
route-outside = The place lies outside our areas; the desk decides.
route-text-flag = { $flag ->
    [denunciation] The words look like a denunciation; the desk reads it first and it is not published.
    [complaint] The words look like a formal complaint; the desk reads it first and it is not published.
   *[other] The words need a human's eye; the desk reads it first.
}
route-holder-none = Nobody holds the function “{ $function }” here on this day; the desk decides.
route-holder-several = Several agencies hold the function “{ $function }” equally here; the desk decides.
route-holder-gone = { $agency } no longer exists and has no successor; the desk decides.

# Why another rule did not decide.
route-unmet-validity = It was not in force on { $date }.
route-unmet-superseded = A newer version, { $version }, is in force.
route-unmet-category = It is for other categories.
route-unmet-area = It is for other areas.
route-unmet-asset = No asset of class { $asset } lies within { $metres } m.
route-unmet-hours = It does not hold at { $time }.
route-unmet-weekday = It does not hold on this day of the week.
route-unmet-date = It does not hold on { $date }.
route-unmet-source = It is not for reports that come by { $source }.
route-unmet-severity = It asks for a severity of at least { $least }; this one has { $severity }.
route-unmet-flag = It asks for words of the kind “{ $flag }”.
route-later = { $by ->
    [category] It stands behind: the chosen rule names a narrower category.
    [asset] It stands behind: the chosen rule asks for an asset nearby.
    [area] It stands behind: the chosen rule names a smaller area.
    [conditions] It stands behind: the chosen rule asks for more.
    [rank] It stands behind by rank.
   *[code] It stands equal; the order of codes decides.
}
route-fits = It fits.
