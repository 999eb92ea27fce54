WITH made AS (INSERT INTO coke.membership (cluster) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING version)
SELECT count(*) > 0 FROM made;
