-- 6: dead.
DELETE FROM coke.member WHERE cluster = @DeploymentId AND status = 6 AND alive < @IAmAliveTime AND started < @IAmAliveTime;
