"""Log Analytics: the traffic log of online endpoints, and the query API over a subset of KQL."""
