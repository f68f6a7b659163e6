-- How PostgreSQL writes values for the rest of a session: times with their offset from UTC, numbers to the last digit.
--
-- reads   nothing
-- gives   nothing

set datestyle = 'ISO, YMD';
set timezone = 'UTC';
set intervalstyle = 'iso_8601';
set bytea_output = 'hex';
set extra_float_digits = 1;
