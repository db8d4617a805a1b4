"""KQL as Azure reads it: Microsoft's own language service, in Node, over the columns of tables."""
