using System.Security.Cryptography;

namespace Portal.Helm.Sprig;

/// <summary>
/// Makes the RSA keys of one rendering's certificates. Looking for primes is nearly all that a certificate costs, and who asks for one mostly asks for
/// another (an authority, then what it signs): so where there is a processor for it, a second key is made beside the first.
/// </summary>
internal sealed class KeyMaker
{
    private const int Bits = 2048;

    private readonly List<Task<SigningKey.Rsa>> _making = [];

    /// <summary>A key that nobody else gets.</summary>
    public SigningKey.Rsa Next()
    {
        if (Environment.ProcessorCount == 1)
        {
            return Make();
        }

        while (_making.Count < 2)
        {
            // Threads of their own: the caller waits, and must not wait for a free one of the pool.
            _making.Add(Task.Factory.StartNew(Make, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        }

        // Some primes are found sooner than others.
        var first = _making[Task.WaitAny([.. _making])];
        _making.Remove(first);
        return first.GetAwaiter().GetResult();
    }

    private static SigningKey.Rsa Make()
    {
        using var rsa = RSA.Create(Bits);
        return new SigningKey.Rsa(rsa.ExportRSAPrivateKey());
    }
}
