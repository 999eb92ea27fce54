-- One dead silo, as it was seen: who changed it meanwhile keeps it.
DELETE FROM coke.member
WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
  AND status = 6 AND alive = @IAmAliveTime AND started = @StartTime AND suspects IS NOT DISTINCT FROM @SuspectTimes;
