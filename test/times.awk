# Where the time of a test run went, from result files (*.trx) and what the test kit counted (times.tsv: fixture, what, seconds).
# Variables: wall, the seconds of the whole run; slowest, not empty for the list of fixtures and tests.
function attribute(name,    from) {
    if (!match($0, " " name "=\"[^\"]*\"")) { return "" }
    from = RSTART + length(name) + 3
    return substr($0, from, RSTART + RLENGTH - from - 1)
}
function seconds(text,    part) {
    split(text, part, ":")
    return part[1] * 3600 + part[2] * 60 + part[3]
}
function suite_of(file) {
    sub(/.*\//, "", file)
    sub(/\.trx$/, "", file)
    return file
}
FILENAME ~ /\.tsv$/ { split($0, field, "\t"); spent[field[1], field[2]] += field[3]; next }
/<UnitTestResult / { key = attribute("testId"); took[key] += seconds(attribute("duration")); name[key] = attribute("testName"); suite[key] = suite_of(FILENAME) }
/<UnitTest / { unit = attribute("id") }
/<TestMethod / { class = attribute("className"); sub(/.*\./, "", class); fixture[unit] = class }
END {
    for (key in took) {
        sum[suite[key]] += took[key]; tests[suite[key]]++; sum_of_fixture[fixture[key]] += took[key]; tests_of_fixture[fixture[key]]++
    }
    for (s in sum) { printf "time: %-12s %5d tests, %6.0f s of tests\n", s, tests[s], sum[s] }
    printf "time: %d s in all\n", wall
    if (slowest == "") { exit }
    print "   total  queueing  starting   waiting    rest  tests  fixture (seconds, summed over its tests; the rest is work)"
    by = "sort -k1,1nr | head -30"
    for (f in sum_of_fixture) {
        rest = sum_of_fixture[f] - spent[f, "queueing"] - spent[f, "starting"] - spent[f, "waiting"]
        printf "%8.1f  %8.1f  %8.1f  %8.1f %7.1f  %5d  %s\n", sum_of_fixture[f], spent[f, "queueing"], spent[f, "starting"], spent[f, "waiting"], rest, tests_of_fixture[f], f | by
    }
    close(by)
    print "   total  test"
    by = "sort -k1,1nr | head -20"
    for (key in took) { printf "%8.1f  %s\n", took[key], name[key] | by }
    close(by)
}
