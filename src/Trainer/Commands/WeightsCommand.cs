using System.CommandLine;
using CoKe.Errors;
using CoKe.Learning.Weights;

namespace CoKe.Trainer.Commands;

/// <summary>The command line that takes weights out of a run.</summary>
static class WeightsCommand
{
    public static Command Create()
    {
        Argument<string> run = new("OUT") { Description = "The folder of a finished run." };
        Option<string> to = new("--to")
        {
            Description = "The file; it is replaced.",
            HelpName = "FILE.safetensors",
            Required = true,
        };
        Option<bool> whole = new("--whole")
        {
            Description = "The projection and the prediction too, not only the backbone; evaluate --weights takes either.",
        };
        var command = new Command(
            "weights",
            "Writes the encoder of a finished run as safetensors; the backbone of a ResNet has torchvision's names."
        )
        {
            run,
            to,
            whole,
        };
        command.SetAction(
            async (line, _) =>
            {
                try
                {
                    var (file, part) = (line.GetRequiredValue(to), line.GetValue(whole) ? EncoderPart.Whole : EncoderPart.Backbone);
                    var values = RunWeights.Write(line.GetRequiredValue(run), file, part);
                    await Console.Out.WriteLineAsync(
                        $"{file}: {(part == EncoderPart.Whole ? "the encoder" : "the backbone")}, {values:N0} values."
                    );
                    return 0;
                }
                catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
                {
                    await Console.Error.WriteLineAsync(e.Message);
                    return 1;
                }
            }
        );
        return command;
    }
}
