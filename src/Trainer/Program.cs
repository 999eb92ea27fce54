using System.CommandLine;
using CoKe.Display;
using CoKe.Trainer.Commands;

var (output, error) = VisibleConsole.GuardProcess();

// After Ctrl-C the step under way ends and the silo stops in order, which takes a moment on a busy machine.
var patience = new InvocationConfiguration
{
    ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
    Output = output,
    Error = error,
};
return await new RootCommand(
    "Trains an encoder without labels: CoKe's online constrained k-means runs in Orleans grains, the encoder here."
)
{
    DemoCommand.Create(),
    TrainCommand.Create(),
    EvaluateCommand.Create(),
    WeightsCommand.Create(),
    RecipesCommand.Create(),
    AugmentationsCommand.Create(),
}
    .Parse(args)
    .InvokeAsync(patience);
