-- The version row is the lock: who comes second of two at once finds another version, and neither version nor member changes.
WITH next AS
(
  UPDATE coke.membership SET version = version + 1
  WHERE cluster = @DeploymentId AND version = @Version
    AND NOT EXISTS (SELECT FROM coke.member WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING version
), made AS
(
  INSERT INTO coke.member (cluster, address, port, generation, silo, host, status, gateway_port, started, alive)
  SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM next
  RETURNING port
)
SELECT count(*) > 0 FROM made;
