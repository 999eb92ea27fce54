using CoKe.Abstractions.Storage;

namespace CoKe.Grains.Sequencing;

/// <summary>What hinders a run for the moment, as people are told. What the storage said stays until something was stored: a recovery
/// writes next to nothing, and on a full disk would succeed every time.</summary>
/// <param name="report">Told of every change; null: nothing hinders the run.</param>
sealed class Hindrance(Action<string?> report)
{
    bool _storageFailed;

    /// <summary>One sentence; null: nothing.</summary>
    public string? Sentence { get; private set; }

    /// <summary>A live run failed. Only the storage would hinder the next one too.</summary>
    public void HearOf(Exception error)
    {
        if (StorageTrouble.Describe(error) is not { } trouble)
            return;
        _storageFailed = true;
        Tell(trouble);
    }

    /// <summary>A recovery failed.</summary>
    public void HearOfRecovery(Exception error)
    {
        HearOf(error);
        if (!_storageFailed)
            Tell(Reason.Of(error));
    }

    /// <summary>A recovery succeeded.</summary>
    public void Recover()
    {
        if (!_storageFailed)
            Tell(null);
    }

    /// <summary>Something was stored.</summary>
    /// <returns>Whether the run was hindered until now.</returns>
    public bool Settle()
    {
        _storageFailed = false;
        if (Sentence is null)
            return false;
        Tell(null);
        return true;
    }

    void Tell(string? sentence)
    {
        Sentence = sentence;
        report(sentence);
    }
}
