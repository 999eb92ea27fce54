using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Client;
using CoKe.Settings;

namespace CoKe.Connections;

/// <summary>What both command lines add to a sentence of the library: the command or the option that does what the sentence
/// advises.</summary>
public static class ConnectionAdvice
{
    /// <summary>The sentence of an error, and what to type.</summary>
    public static string Of(Exception error) =>
        error switch
        {
            SiloUnreachableException { Field: "gateway" } =>
                $"{error.Message} 'dotnet run -c Release --project src/Silo' starts one, --gateway names another.",
            SiloUnreachableException => $"{error.Message} --cluster gives the name.",
            AccessRefusedException refused => AccessSettings.Advise(refused),
            RightRefusedException => $"{error.Message} --token-file or COKE_TOKEN gives a token.",
            RunFaultedException faulted => OfFault(faulted.Value, faulted.Message),
            _ => error.Message,
        };

    /// <summary>Why a run cannot go on, and what to type.</summary>
    /// <param name="run">Its name.</param>
    /// <param name="fault">The reason.</param>
    public static string OfFault(string run, string fault) =>
        fault.Contains(DamagedSnapshotException.Remedy, StringComparison.Ordinal)
            ? $"{fault} 'coke runs restore {run}' restores it."
            : fault;
}
