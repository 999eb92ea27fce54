WITH next AS
(
  UPDATE coke.membership SET version = version + 1
  WHERE cluster = @DeploymentId AND version = @Version
    AND EXISTS (SELECT FROM coke.member WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING version
), changed AS
(
  UPDATE coke.member SET status = @Status, suspects = @SuspectTimes, alive = @IAmAliveTime
  FROM next WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
  RETURNING port
)
SELECT count(*) > 0 FROM changed;
