-- The row stays and its version goes on, so that a writer from before the clearing conflicts for ever.
UPDATE coke.grain_state SET payload = NULL, version = version + 1
WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '') AND state = @GrainTypeString AND service = @ServiceId
  AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion;
