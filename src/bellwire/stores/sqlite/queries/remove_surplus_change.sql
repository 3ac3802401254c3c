-- the oldest one of a subject, if it is not among the newest ?2
DELETE FROM changes
WHERE number = (SELECT number FROM changes WHERE subject = ?1 ORDER BY number LIMIT 1)
AND place <= (SELECT place FROM changes WHERE subject = ?1 ORDER BY number DESC LIMIT 1) - ?2
