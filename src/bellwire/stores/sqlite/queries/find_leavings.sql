SELECT 1 FROM leavings
