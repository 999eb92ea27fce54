using CoKe.Cli.Commands;
using CoKe.Cli.Output;

return await CokeCommand.RunAsync(args, Terminal.OfProcess());
