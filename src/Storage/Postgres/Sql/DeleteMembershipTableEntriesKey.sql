-- Its members go with it.
DELETE FROM coke.membership WHERE cluster = @DeploymentId;
