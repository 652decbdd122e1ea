-- Rows are found by their block, and blocks by their first row: the live tail, and the messages of a row. One
-- entry for the hundreds of rows of a block takes a third of what one for each took.
drop index call_segments_id;
create index call_segments_heads on call_segments (id) with (fillfactor = 100) where block_place = 0;
create index call_segments_blocks on call_segments ((id - block_place)) with (fillfactor = 100);
