-- The trail is a chain: an entry follows the last one there is, or it is refused. Ids are looked for as well,
-- because INSERT OR REPLACE deletes what is in its way without asking the delete trigger.
CREATE TRIGGER audit_entries_in_order BEFORE INSERT ON audit_entries
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
  OR NEW.seq IS NOT NEW.entry ->> '$.seq'
  OR NEW.prev_hash <> coalesce((SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1),
    '0000000000000000000000000000000000000000000000000000000000000000')
  OR EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.entry ->> '$.id' AND stage = NEW.entry ->> '$.stage')
BEGIN
  SELECT RAISE(ABORT, 'audit_entries: not the next entry');
END;
--> statement-breakpoint
-- A checkpoint names the end of an exported segment and its hash.
CREATE TRIGGER audit_entries_checkpoint BEFORE INSERT ON audit_entries
WHEN NEW.entry ->> '$.pruned_to_seq' IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM audit_entries
  WHERE seq = NEW.entry ->> '$.pruned_to_seq' AND hash = NEW.entry ->> '$.pruned_to_hash'
    AND seq = (SELECT last_seq FROM audit_segments
      WHERE first_seq <= audit_entries.seq AND exported_at IS NOT NULL ORDER BY first_seq DESC LIMIT 1))
BEGIN
  SELECT RAISE(ABORT, 'audit_entries: not the end of an exported segment');
END;
--> statement-breakpoint
-- Only what a checkpoint in the trail itself names may go.
DROP TRIGGER audit_entries_no_delete;
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
WHEN NOT EXISTS (SELECT 1 FROM audit_entries WHERE pruned_to_seq >= OLD.seq)
BEGIN
  SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_segments_in_order BEFORE INSERT ON audit_segments
WHEN NEW.first_seq <> coalesce((SELECT last_seq + 1 FROM audit_segments ORDER BY first_seq DESC LIMIT 1), 1)
BEGIN
  SELECT RAISE(ABORT, 'audit_segments: not the next segment');
END;
--> statement-breakpoint
CREATE TRIGGER audit_segments_no_update BEFORE UPDATE OF first_seq, last_seq, appended_at, digest ON audit_segments
BEGIN
  SELECT RAISE(ABORT, 'audit_segments is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_segments_no_delete BEFORE DELETE ON audit_segments
BEGIN
  SELECT RAISE(ABORT, 'audit_segments is append-only');
END;
--> statement-breakpoint
-- Acts without an outcome, so that nobody has to look for them. The queue may deliver the two stages in any order.
INSERT INTO audit_open_acts (id, seq, time)
SELECT id, seq, time FROM audit_entries WHERE stage = 'received'
  AND id NOT IN (SELECT id FROM audit_entries WHERE stage = 'completed');
--> statement-breakpoint
CREATE TRIGGER audit_acts_opened AFTER INSERT ON audit_entries
WHEN NEW.stage = 'received'
  AND NOT EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id AND stage = 'completed')
BEGIN
  INSERT INTO audit_open_acts (id, seq, time) VALUES (NEW.id, NEW.seq, NEW.time);
END;
--> statement-breakpoint
CREATE TRIGGER audit_acts_closed AFTER INSERT ON audit_entries WHEN NEW.stage = 'completed'
BEGIN
  DELETE FROM audit_open_acts WHERE id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER audit_acts_pruned AFTER DELETE ON audit_entries WHEN OLD.stage = 'received'
BEGIN
  DELETE FROM audit_open_acts WHERE id = OLD.id;
END;
