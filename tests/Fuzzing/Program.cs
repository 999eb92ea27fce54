using CoKe.Fuzzing.CommandLine;

return FuzzCommand.Create().Parse(args).Invoke();
