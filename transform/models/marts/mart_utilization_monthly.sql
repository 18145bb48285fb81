-- Calendar months of the member's days: not sums of weeks, which lie in two of them.
{{ utilization('month', month_of('day')) }}
