-- ?1: numbers of types; ?2 ≤ position < ?3, both at the beginning of a block or behind the last
SELECT sum(
    coalesce(
        (SELECT total_before FROM type_blocks WHERE type = value AND first >= ?3 ORDER BY first LIMIT 1),
        (SELECT total FROM logged_types WHERE number = value)
    )
    - coalesce(
        (SELECT total_before FROM type_blocks WHERE type = value AND first >= ?2 ORDER BY first LIMIT 1),
        (SELECT total FROM logged_types WHERE number = value)
    )
)
FROM carray(?1)
