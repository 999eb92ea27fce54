using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;

return await CokeCommand.RunAsync(args, Terminal.OfProcess());
