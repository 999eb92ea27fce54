-- One statement, one snapshot: members and version belong together.
SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo AS SiloName, m.host AS HostName, m.status AS Status,
       m.gateway_port AS ProxyPort, m.suspects AS SuspectTimes, m.started AS StartTime, m.alive AS IAmAliveTime, v.version AS Version
FROM coke.membership v LEFT JOIN coke.member m ON m.cluster = v.cluster
WHERE v.cluster = @DeploymentId;
