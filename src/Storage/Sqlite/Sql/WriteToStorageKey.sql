-- One of the two finds work: the first needs a version, the second needs none. So each is atomic by itself, and no row comes back
-- from a conflict, which is how the provider knows one.
UPDATE grain_state SET payload = @PayloadBinary, version = version + 1
WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = ifnull(@GrainIdExtensionString, '') AND state = @GrainTypeString AND service = @ServiceId
  AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion;

INSERT INTO grain_state (id_hash, type_hash, n0, n1, extension, state, service, version, payload)
SELECT @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, ifnull(@GrainIdExtensionString, ''), @GrainTypeString, @ServiceId, 1, @PayloadBinary
WHERE @GrainStateVersion IS NULL
ON CONFLICT DO NOTHING
RETURNING version AS NewGrainStateVersion;
