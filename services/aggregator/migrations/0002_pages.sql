-- What the pages read: the newest of each return without sorting a quarter, and the lines of one measure without reading the others.

-- squawk-ignore require-concurrent-index-creation -- a region's returns are indexed within seconds
CREATE INDEX dues_newest ON dues (quarter, return_id, version DESC, correction DESC);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX figures_of_measure ON figures (quarter, measure_id, return_id, line_id);
