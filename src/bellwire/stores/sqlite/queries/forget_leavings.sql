DELETE FROM leavings
