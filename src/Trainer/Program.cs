using System.CommandLine;
using CoKe.Trainer.Demo;

return await new RootCommand("Trains an encoder without labels: CoKe's online constrained k-means runs in Orleans grains, the encoder here.")
{
    DemoCommand.Create(),
}.Parse(args).InvokeAsync();
