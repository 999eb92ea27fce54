SELECT payload AS PayloadBinary, version AS Version FROM coke.grain_state
WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = coalesce(@GrainIdExtensionString, '') AND state = @GrainTypeString AND service = @ServiceId;
