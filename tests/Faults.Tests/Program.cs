using System.CommandLine;
using CoKe.Faults.Tests.Runs;
using CoKe.Faults.Tests.Schedules;

if (args is [EmbeddingProgram.Name])
    await EmbeddingProgram.RunAsync();
var root = new RootCommand("What the fault suite starts in processes of its own, and its random schedules by hand.")
{
    FeedCommand.Create(),
    SchedulesCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
