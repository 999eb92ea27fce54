SELECT payload AS PayloadBinary, version AS Version FROM grain_state
WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
  AND extension = ifnull(@GrainIdExtensionString, '') AND state = @GrainTypeString AND service = @ServiceId;
