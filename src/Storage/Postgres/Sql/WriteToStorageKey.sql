-- One of the two finds work: the first needs a version, the second needs none. As one statement the payload crosses the network once.
-- No row comes back from a conflict, which is how the provider knows one; who comes second of two at once waits for the row's lock, looks
-- again and finds another version, or the unique key taken.
WITH updated AS
(
  UPDATE coke.grain_state SET payload = @PayloadBinary, version = version + 1
  WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND extension = coalesce(@GrainIdExtensionString, '') AND state = @GrainTypeString AND service = @ServiceId
    AND version = @GrainStateVersion
  RETURNING version
), inserted AS
(
  INSERT INTO coke.grain_state (id_hash, type_hash, n0, n1, extension, state, service, version, payload)
  SELECT @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @GrainTypeString, @ServiceId, 1, @PayloadBinary
  WHERE @GrainStateVersion IS NULL
  ON CONFLICT DO NOTHING
  RETURNING version
)
SELECT version AS NewGrainStateVersion FROM updated UNION ALL SELECT version FROM inserted;
