-- For the administrators' page of everything that was done.

CREATE INDEX history_by_time ON history (at, id);
