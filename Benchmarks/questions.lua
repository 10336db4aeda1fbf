-- For wrk: asks the paths of the file that QUESTIONS names, one after the other (magpie bench load --questions).
local targets, at = {}, 0
for line in io.lines(os.getenv("QUESTIONS")) do targets[#targets + 1] = line end
function request()
    at = at % #targets + 1
    return wrk.format("GET", targets[at])
end
