using CoKe.Client.CommandLine;
using CoKe.Client.Output;

return await CokeCommand.RunAsync(args, Terminal.OfProcess());
