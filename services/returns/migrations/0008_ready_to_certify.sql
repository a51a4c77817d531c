-- Whether nothing but a certifier is missing, for lists. What was filled before is looked at when it is saved next.

ALTER TABLE quarterly_returns ADD COLUMN ready boolean NOT NULL DEFAULT false;
