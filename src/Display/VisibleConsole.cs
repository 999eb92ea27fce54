using CoKe.Errors;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CoKe.Display;

/// <summary>
/// The door of a console that draws: what it draws is shown and steers nothing, see <see cref="VisibleText"/>. The codes by which the
/// console itself moves and colors stay.
/// </summary>
public static class VisibleConsole
{
    /// <summary>Has all that goes to a console pass the door.</summary>
    public static IAnsiConsole Guarded(IAnsiConsole console)
    {
        console.Pipeline.Attach(new Door());
        return console;
    }

    /// <summary>Has all that this process writes pass the door: its console, standard output and standard error. To be called
    /// first.</summary>
    /// <returns>Standard output and standard error without it, for the help of commands, whose texts have lines.</returns>
    public static (TextWriter Output, TextWriter Error) GuardProcess()
    {
        var (output, error) = (Console.Out, Console.Error);
        Guarded(AnsiConsole.Console); // takes standard output as it is now
        Console.SetOut(new VisibleWriter(output));
        Console.SetError(new VisibleWriter(error));
        return (output, error);
    }

    /// <summary>Writes a text as one line, whatever is in it.</summary>
    public static void Say(this IAnsiConsole console, string text, Style? style = null) => console.WriteLine(VisibleText.Line(text), style);

    sealed class Door : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(one => new Shown(one));
    }

    sealed class Shown(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            inner
                .Render(options, maxWidth)
                .Select(segment =>
                    segment.IsControlCode || VisibleText.Of(segment.Text) is var shown && shown == segment.Text
                        ? segment
                        : new Segment(shown, segment.Style)
                );
    }
}
