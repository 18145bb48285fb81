-- Weeks from Monday. For a team, add the seconds up and divide then.
{{ utilization('week', week_of('day')) }}
