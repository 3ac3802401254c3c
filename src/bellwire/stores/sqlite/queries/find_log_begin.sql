SELECT min(first) FROM blocks
