using CoKe.Errors;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Hosting;

/// <summary>Why a silo did not start, as one sentence.</summary>
sealed class StartFailure : CokeException
{
    StartFailure(Exception reason, Exception all)
        : base(
            "start",
            reason.GetType().Name,
            $"The silo cannot start: {reason.Message.TrimEnd('.')}. Start it with {SiloOptions.LogLevel} debug to learn more.",
            all
        )
    { }

    /// <summary>Finds the reason in what the host threw: what CoKe says of it, another silo that keeps this one out, else the
    /// innermost.</summary>
    public static CokeException Explain(Exception all, StartWatch start)
    {
        var causes = Causes(all).ToArray();
        if (causes.OfType<CokeException>().FirstOrDefault() is { } known)
            return known;
        return start.LastRefusal is { } refusal ? refusal : new StartFailure(causes[^1], all);
    }

    // From the outermost to the innermost.
    static IEnumerable<Exception> Causes(Exception e) =>
        [
            e,
            .. e is AggregateException several ? several.InnerExceptions.SelectMany(Causes)
            : e.InnerException is { } inner ? Causes(inner)
            : [],
        ];
}
