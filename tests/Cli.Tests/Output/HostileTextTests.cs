using CoKe.Abstractions;
using CoKe.Cli.Output;
using CoKe.Display;
using Spectre.Console;

namespace CoKe.Cli.Tests.Output;

/// <summary>Names that others chose, shown by <c>coke</c>: they are seen and steer nothing.</summary>
public sealed class HostileTextTests
{
    const string Name = "\u001b]0;t\u0007run\u001b[2J\nWarning: all is lost\u202e",
        Shown = "\\u001b]0;t\\u0007run\\u001b[2J\\nWarning: all is lost\\u202e";

    static readonly RunView Run = new(Name, "id", 10, 2, 5, 1, 0, [2], 0, 0, 0, 0, 1, 1, [], null, [], Name, "faulted", 0, Name, [], [], [])
    {
        Trainers = [new TrainerView(0, 1, 0, false, false) { Report = new TrainerReport(Host: Name) }],
    };

    [Fact]
    public void Runs_OfAHostileSilo_SteerNothing()
    {
        using StringWriter output = new(),
            error = new();
        var terminal = new Terminal(output, error, outputIsTerminal: true);

        terminal.Console.Write(Tables.Runs([Run], 200));
        terminal.Console.Write(LifeTables.Trainers(Run.Trainers));
        terminal.Console.Write(Tables.Properties(("run", Name)));
        terminal.Out.WriteLine($"{Run.Name} {LifeTables.Remark(Run)}");
        terminal.Error.WriteLine($"{Run.Name} cannot be asked: {Run.Fault}");

        Assert.Equal($"{Shown} cannot be asked: {Shown}{Environment.NewLine}", error.ToString());
        Assert.EndsWith($"{Shown} cannot go on: {Shown}{Environment.NewLine}", output.ToString());
        Assert.DoesNotContain(output.ToString(), one => one is '\u0007' or '\u202e');
        Assert.DoesNotContain("\u001b]0", output.ToString());
        Assert.DoesNotContain("\u001b[2J", output.ToString());
    }

    [Fact]
    public void Json_OfAHostileSilo_SteersNothing()
    {
        using StringWriter output = new(),
            error = new();
        new Terminal(output, error).WriteJson(Run);

        Assert.DoesNotContain(output.ToString().TrimEnd(), one => char.IsControl(one) || one == '\u202e');
    }

    [Fact]
    public void Console_ThatDraws_KeepsItsOwnCodesAlone()
    {
        using var output = new StringWriter();
        var console = VisibleConsole.Guarded(
            AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Ansi = AnsiSupport.Yes,
                    ColorSystem = ColorSystemSupport.Standard,
                    Out = new AnsiConsoleOutput(output),
                }
            )
        );

        console.Write(new Text("a\u001b[31mb", new Style(Color.Green)));

        Assert.Contains("a\\u001b[31mb", output.ToString());
        Assert.Contains("\u001b[32m", output.ToString()); // its own green
        Assert.DoesNotContain("\u001b[31m", output.ToString());
    }

    [Fact]
    public async Task Writer_AnyWayOfWriting_PassesTheDoor()
    {
        using var below = new StringWriter();
        var writer = new VisibleWriter(below);

        writer.Write('\u001b');
        writer.Write("\u009b1");
        writer.Write("{0}", Name);
        writer.Write(['\u001b', 'x'], 0, 2);
        writer.Write("\u001by".AsSpan());
        writer.WriteLine("{0}", Name);
        writer.WriteLine((object)Name);
        await writer.WriteAsync('\u001b');
        await writer.WriteAsync(Name);
        await writer.WriteAsync(Name.AsMemory());
        await writer.WriteLineAsync(Name);
        await writer.WriteLineAsync(Name.AsMemory());
        writer.WriteLine(new System.Text.StringBuilder(Name));
        writer.Write("two\nlines\n");

        Assert.DoesNotContain(below.ToString(), one => one is '\u001b' or '\u009b' or '\u0007' or '\u202e');
        Assert.EndsWith("two\nlines\n", below.ToString());
    }

    [Fact]
    public async Task Refusal_OfAFileWithAHostileName_IsOneLine()
    {
        var outcome = await Outcome.OfAsync(
            "cluster",
            "/no/\u001b[31mred\nfile\u202e.npy",
            "--heads",
            "2",
            "--out",
            Path.Combine(Path.GetTempPath(), "labels.npy")
        );

        Assert.Contains("\\u001b[31mred", outcome.ErrorLine);
        Assert.DoesNotContain(outcome.Error.TrimEnd(), one => char.IsControl(one) || one == '\u202e');
    }
}
