SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation FROM coke.member
WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0;
